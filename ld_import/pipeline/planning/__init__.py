"""Planning: records become decisions, and decisions become batches; nothing is sent."""
