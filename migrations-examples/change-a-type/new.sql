INSERT INTO payments (amount_big) VALUES (100);
UPDATE payments SET amount_big = 102 WHERE id = 2;
SELECT id, amount_big FROM payments WHERE id = 2;
