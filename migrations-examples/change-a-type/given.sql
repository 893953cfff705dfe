CREATE TABLE payments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    amount integer NOT NULL
);
INSERT INTO payments (amount) SELECT n FROM generate_series(1, 12000) AS n;
