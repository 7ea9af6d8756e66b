"""What must change together, and what else the changed project needs."""
