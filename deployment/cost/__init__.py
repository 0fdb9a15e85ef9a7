"""What a tier costs, from its synthesized templates."""
