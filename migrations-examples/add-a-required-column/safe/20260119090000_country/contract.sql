-- From here on whoever inserts a user says the country.
ALTER TABLE users ALTER COLUMN country DROP DEFAULT;
