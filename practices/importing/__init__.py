"""Published files about practices, taken as they are released: read, recognised, compared, then written at once."""
