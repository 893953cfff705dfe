CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nickname text
);
INSERT INTO users (nickname) SELECT 'user ' || n FROM generate_series(1, 20000) AS n;
