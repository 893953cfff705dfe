CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL
);
INSERT INTO users (email) SELECT n || '@example.org' FROM generate_series(1, 12000) AS n;
