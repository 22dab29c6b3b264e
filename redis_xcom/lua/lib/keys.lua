-- One queue is twelve keys that share a hash tag, always declared in this order.
--   state    hash  queue time, generation, totals, paused, max_claimed
--   ready    list  items, oldest first
--   claims   hash  claim id -> its record
--   claimed  hash  claim id/place -> the item as it lay in the list
--   leases   zset  claim id by deadline
--   delayed  zset  items by due time
--   dead     hash  item id -> reason, last owner, when, the item
--   died     zset  item id by time of death
--   recent   hash  producers' and claimants' last act: a repeat is recognised by it
--   pushes   zset  push ids and deduplication ids already taken, by expiry
--   turns    hash  ordering key -> id of the item whose turn it is: ready, delayed or claimed
--   waiting  zset  ordering key \0 number \0 item: those behind it, each key's in their order
-- A script's functions are made anew at each call, so those that few calls need stand inside a
-- function of their own.
local STATE, READY, CLAIMS, CLAIMED, LEASES, DELAYED, DEAD, DIED, RECENT, PUSHES, TURNS, WAITING =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10],
  KEYS[11], KEYS[12]
local call = redis.call
