-- What may be handed out now.
local MOST_BEHIND = 1000

-- How many items there is room for in claimants' hands, which what a step acks leaves; nil where
-- nothing bounds it.
local function room()
  local acked_now = stepping and live.held or 0
  return max_claimed and math.max(0, max_claimed - call('HLEN', CLAIMED) + acked_now)
end

-- Takes from the list until something is in the claimant's hands, and puts the others in line.
-- Returns it, and how many items were looked at: bounded work, also where none of them may go.
local function next_items()
  local most, looked_at, items = paused and 0 or tonumber(limit), 0, {}
  most = math.min(most, room() or most)
  while most > 0 and #items == 0 and looked_at < MOST_BEHIND do
    items = call('LPOP', READY, digits(most)) or {}
    if #items == 0 then
      break
    end
    looked_at = looked_at + #items
    next_generation()
    hold(items, may_go)
  end
  return items, looked_at
end
