INSERT INTO orders (user_id) VALUES (2);
SELECT orders.id FROM orders JOIN users ON users.id = orders.user_id WHERE users.id = 2;
