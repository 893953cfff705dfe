SELECT id FROM payments WHERE amount_big IS DISTINCT FROM amount;
