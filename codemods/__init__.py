"""The codemods, and what they stand on: facts about a program, judgements, edits, proofs."""
