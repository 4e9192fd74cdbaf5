"""What no index publishes: driver floors, kernels in a wheel, companions, pitfalls; each with evidence."""
