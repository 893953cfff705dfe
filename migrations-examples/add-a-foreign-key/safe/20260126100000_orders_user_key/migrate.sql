-- Reads all of orders, and blocks neither reads nor writes of it.
ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey;
