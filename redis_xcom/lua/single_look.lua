-- The item of a queue that ends by itself, and who has it; writes nothing.
-- include: keys
--
-- Returns  {item, claim id, its record}, '' for what there is not
local item = call('LINDEX', READY, 0) or call('HVALS', CLAIMED)[1]
local holder = call('HKEYS', CLAIMS)[1]
return { item or '', holder or '', holder and call('HGET', CLAIMS, holder) or '' }
