"""What one computer can run: probed here, or read from a profile."""
