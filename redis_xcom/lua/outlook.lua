-- What a claimant could get now; writes nothing, so also on a full server and on a replica.
-- include: keys clock looking
--
-- ARGV  1 time   2 ms after which a claim that nobody renewed is silent ('': a third of its
--       lease, if it has tries)
-- Returns  {ready, delayed, due, claims, claimed, silent, paused, waiting behind their ordering
--           keys, how many more may be claimed or -1, ms until the next delayed item is due or
--           -1, ms since the first ready item was pushed or -1}
return told(look(tonumber(ARGV[2])))
