"""Everything between an array and a published file: schema, manifest, tables, checks."""
