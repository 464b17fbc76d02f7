"""How a service becomes a zip: locked dependencies, cut SDK models, bytecode, proof."""
