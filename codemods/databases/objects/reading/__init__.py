"""Who reads relationships of mapped objects: response models, schemas, templates and the code itself."""
