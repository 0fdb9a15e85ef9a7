"""Deploying a tier in the order that it needs: bucket, data, everything else."""
