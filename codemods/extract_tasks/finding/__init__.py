"""Which calls are slow work, and at which level of the chain they leave."""
