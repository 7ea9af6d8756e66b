"""The pipeline from paths to a written tree, and its parts: project, config, plan, rewrite, proofs, write."""
