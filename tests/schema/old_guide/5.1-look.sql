-- View queue health
SELECT * FROM queue_health;
