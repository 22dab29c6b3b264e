/* lib/records.lua, lib/endings.lua, lib/memory.lua, lib/returning.lua, lib/clock.lua; the list. */

inline rpush(which) {
  ready[waiting] = which + 1;
  waiting++
}

inline lpush(which) {
  for (j : 1 .. waiting) {
    ready[waiting - j + 1] = ready[waiting - j]
  }
  ready[0] = which + 1;
  waiting++
}

inline lpop() {
  item = ready[0] - 1;
  waiting--;
  for (j : 1 .. waiting) {
    ready[j - 1] = ready[j]
  }
  ready[waiting] = 0
}

inline held_places(whose) {
  for (k : 0 .. ITEMS - 1) {
    chosen[k] = (claims[whose].live && claims[whose].outcome[k] == HELD)
  }
}

/* A number that nobody knows. */
#define USED(g) (items[0].tenure == g || items[1].tenure == g \
  || late.generation == g || late.tenure == g || late.made == g \
  || asked.generation == g || asked.tenure == g)
inline next_generation() {
  fresh = 0;
  do
  :: fresh++;
    found = USED(fresh);
    for (n : 0 .. IDS - 1) {
      found = found + (claims[n].generation == fresh || claims[n].after == fresh
        || recent[n].generation == fresh || recent[n].after == fresh)
    }
    for (n : 0 .. WORKERS - 1) {
      found = found + (workers[n].generation == fresh || workers[n].tenure == fresh)
    }
    if
    :: found == 0 -> break
    :: else
    fi
  od;
  assert(fresh < GENERATIONS)
}

inline forget(whose) {
  claims[whose].live = 0;
  claims[whose].overdue = 0;
  claims[whose].generation = 0;
  claims[whose].after = 0;
  claims[whose].incarnation = 0;
  for (k : 0 .. ITEMS - 1) {
    claims[whose].outcome[k] = 0;
    claims[whose].item[k] = 0
  }
}

inline remember(whose) {
  recent[whose].known = 1;
  recent[whose].generation = claims[whose].generation;
  recent[whose].after = claims[whose].after;
  recent[whose].incarnation = claims[whose].incarnation;
  for (k : 0 .. ITEMS - 1) {
    recent[whose].outcome[k] = claims[whose].outcome[k]
  }
}

/* The chosen places end so; the claim ends with its last place. */
inline mark(whose, ending) {
  rest = 0;
  for (k : 0 .. ITEMS - 1) {
    if
    :: chosen[k] -> claims[whose].outcome[k] = ending; claims[whose].item[k] = 0
    :: else -> rest = rest + (claims[whose].outcome[k] == HELD)
    fi
  }
  if
  :: rest == 0 -> remember(whose); forget(whose)
  :: else
  fi
}

inline renew(whose) {
  claims[whose].overdue = 0
}

/* One item leaves its claim unfinished. What goes to the front is kept for later. */
inline give_back_item(ending, behind) {
  popped[k] = NOBODY;
  items[item].tenure = 0;
  if
  :: ending == REJECTED || items[item].deliveries >= DELIVERIES ->
    items[item].where = DEAD;
    items[item].deliveries = 0
  :: else ->
    items[item].where = READY;
    if
    :: behind -> rpush(item)
    :: else -> popped[k] = item
    fi
  fi
}

inline give_back(whose, ending, behind) {
  for (k : 0 .. ITEMS - 1) {
    if
    :: chosen[k] -> item = claims[whose].item[k]; give_back_item(ending, behind)
    :: else -> popped[k] = NOBODY
    fi
  }
  for (n : 1 .. ITEMS) {
    if
    :: popped[ITEMS - n] != NOBODY -> lpush(popped[ITEMS - n])
    :: else
    fi
  }
  mark(whose, ending)
}
