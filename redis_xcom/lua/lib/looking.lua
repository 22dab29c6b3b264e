-- What a claimant could get now, and who has the rest: looked at, nothing written.
local LOOKED_AT = 300

-- Not renewed for `quiet` ms, or its lease ran out. Without `quiet`: for a third of its lease, if
-- it has tries, so that somebody may know what became of its owner.
local function is_silent(record, left, quiet)
  local incarnation, lease = string.match(record, '"incarnation":"([^"]*)".-"lease":(%d+),')
  if not quiet and incarnation ~= '' then
    quiet = lease / 3
  end
  return left <= 0 or quiet and lease - left >= quiet
end

-- Counts them among the few hundred claims whose leases end first.
local function silent_claims(quiet)
  local ends = call('ZRANGE', LEASES, 0, LOOKED_AT - 1, 'WITHSCORES')
  local ids, silent = {}, 0
  for i = 1, #ends, 2 do
    ids[#ids + 1] = ends[i]
  end
  for i, record in ipairs(#ids > 0 and call('HMGET', CLAIMS, unpack(ids)) or {}) do
    if record and is_silent(record, tonumber(ends[2 * i]) - now, quiet) then
      silent = silent + 1
    end
  end
  return silent
end

-- ms since the first ready item was pushed, -1 where there is none or a stranger pushed it.
local function oldest_ms()
  local pushed = string.match(call('LINDEX', READY, 0) or '', '^{"xcom":"(%d%d%d%d%d%d%d%d%d%d%d%d%d)%-')
  return pushed and math.max(0, math.floor(wall / 1000) - pushed) or -1
end

-- How many more may be in claimants' hands, -1 for no bound.
local function room(claimed)
  return max_claimed and math.max(0, max_claimed - claimed) or -1
end

local function look(quiet)
  local claimed = call('HLEN', CLAIMED)
  local next_due = call('ZRANGE', DELAYED, 0, 0, 'WITHSCORES')
  return {
    ready = call('LLEN', READY), delayed = call('ZCARD', DELAYED),
    due = call('ZCOUNT', DELAYED, '-inf', now_ms), claims = call('HLEN', CLAIMS),
    claimed = claimed, silent = silent_claims(quiet), paused = paused and 1 or 0,
    waiting = call('ZCARD', WAITING), room = room(claimed),
    due_ms = next_due[2] and math.max(0, next_due[2] - now) or -1, oldest_ms = oldest_ms(),
  }
end

local function told(seen)
  return {
    seen.ready, seen.delayed, seen.due, seen.claims, seen.claimed, seen.silent, seen.paused,
    seen.waiting, seen.room, seen.due_ms, seen.oldest_ms,
  }
end
