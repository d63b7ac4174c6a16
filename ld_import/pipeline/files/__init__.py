"""Files of records: what is known of them before the plan decides, and their preparation after."""
