CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL
);
INSERT INTO users SELECT n FROM generate_series(1, 100) AS n;
INSERT INTO orders (user_id) SELECT 1 + n % 100 FROM generate_series(1, 12000) AS n;
