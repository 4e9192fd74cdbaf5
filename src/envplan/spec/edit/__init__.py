"""Adding and removing packages in a file that people wrote, touching nothing else."""
