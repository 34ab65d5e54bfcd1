"""What the old apps write, as the pipeline's own verbs. Nothing else is written; what is refused changes nothing."""
