INSERT INTO payments (amount) VALUES (100);
UPDATE payments SET amount = 101 WHERE id = 1;
SELECT id, amount FROM payments WHERE id = 1;
