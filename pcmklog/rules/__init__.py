"""The rules, one module each, named after the code and the fault; found by walking this package."""
