/* claim.lua with lib/past.lua, lib/reaping.lua and lib/handing.lua. */
#define GO_ON 0
#define GOT 1
#define EMPTY 2
#define OUTDATED 3
#define LOST 4

/* The chosen places of a live claim are in new hands: those of q's asker. */
inline hand_over(q) {
  check(SUPERSEDED, q.incarnation >= newest[q.id]);
  newest[q.id] = q.incarnation;
  for (k : 0 .. ITEMS - 1) {
    if
    :: chosen[k] ->
      item = claims[q.id].item[k];
      items[item].deliveries++;
      items[item].tenure = fresh
    :: else
    fi
  }
}

/* The asker believes to hold what it was handed under `believed`. */
inline ack_item(believed) {
  check(ACKED_ONCE, items[item].where != GONE);
  check(FENCED, items[item].where == CLAIMED && items[item].tenure == believed);
  items[item].where = GONE;
  items[item].deliveries = 0
}

inline ack_held(q) {
  for (k : 0 .. ITEMS - 1) {
    if
    :: claims[q.id].outcome[k] == HELD -> item = claims[q.id].item[k]; ack_item(q.tenure)
    :: else
    fi
  }
}

inline replay(whose) {
  renew(whose);
  held_places(whose);
  status = GOT
}

/* What has now been delivered too often dies here, like what comes back. */
inline bury_spent(whose) {
  found = 0;
  for (k : 0 .. ITEMS - 1) {
    chosen[k] = (claims[whose].outcome[k] == HELD
      && items[claims[whose].item[k]].deliveries >= DELIVERIES);
    found = found + chosen[k]
  }
  if
  :: found > 0 -> give_back(whose, REJECTED, false)
  :: else
  fi
}

inline fence(q) {
  if
  :: claims[q.id].live ->
    bump(q.id);
    claims[q.id].generation = fresh;
    claims[q.id].incarnation = q.incarnation
  :: else
  fi
}

/* Fenced first: were all of it to die here, the older try must find it lost, too. */
inline take_over(q) {
  if
  :: FENCES_FIRST -> fence(q); bury_spent(q.id)
  :: else -> bury_spent(q.id); fence(q)
  fi;
  if
  :: claims[q.id].live -> held_places(q.id); hand_over(q); replay(q.id)
  :: else
  fi
}

#define FOLLOWS_IT(q) (q.generation == recent[q.id].generation)

/* The request follows a claim that has ended: may it go on? */
inline follows(q) {
  found = 0; /* what expired unacked */
  for (k : 0 .. ITEMS - 1) {
    found = found + (recent[q.id].outcome[k] == EXPIRED)
  }
  if
  :: FOLLOWS_ANYTHING
  :: !FOLLOWS_ANYTHING && FOLLOWS_IT(q) && !(q.ack_first && STEP_SEES(found))
  :: !FOLLOWS_ANYTHING && !FOLLOWS_IT(q) && q.generation == recent[q.id].after && found > 0
  :: else -> status = LOST
  fi
}

#define LIVE(q) claims[q.id].live
#define ENDING(q) recent[q.id]
#define IS_OLDER(q) (LIVE(q) && TOLD_TO_END(q.incarnation, claims[q.id].incarnation) \
  || !LIVE(q) && ENDING(q).known && TOLD_TO_END(q.incarnation, ENDING(q).incarnation))

inline settle_with_the_past(q) {
  if
  :: IS_OLDER(q) -> status = OUTDATED
  :: LIVE(q) && NEWER(q.incarnation, claims[q.id].incarnation) -> take_over(q)
  :: LIVE(q) && q.incarnation == claims[q.id].incarnation ->
    if
    :: !REPLAYS
    :: REPLAYS && (q.generation == UNKNOWN || claims[q.id].after == q.generation) -> replay(q.id)
    :: else -> status = LOST
    fi
  :: (!LIVE(q) && ENDING(q).known && q.generation != UNKNOWN
      && ENDING(q).incarnation == q.incarnation) -> follows(q)
  :: !LIVE(q) && !ENDING(q).known && q.ack_first -> status = LOST
  :: else
  fi
}

/* Every claim past its lease gives back what it holds, but never the asker's own. */
inline reap(own) {
  for (c : 0 .. IDS - 1) {
    if
    :: c != own && REAPABLE(c) ->
      check(NO_THEFT, claims[c].overdue);
      held_places(c);
      give_back(c, EXPIRED, false)
    :: else
    fi
  }
}

/* What was popped takes the first places. */
inline take(q) {
  check(NO_ECHO, !q.over);
  next_generation();
  forget(q.id);
  claims[q.id].live = 1;
  claims[q.id].generation = fresh;
  claims[q.id].after = (q.generation == UNKNOWN -> 0 : q.generation);
  claims[q.id].incarnation = q.incarnation;
  for (k : 0 .. ITEMS - 1) {
    chosen[k] = (popped[k] != NOBODY);
    if
    :: chosen[k] ->
      check(FROM_READY, items[popped[k]].where == READY);
      items[popped[k]].where = CLAIMED;
      claims[q.id].outcome[k] = HELD;
      claims[q.id].item[k] = popped[k]
    :: else
    fi
  }
  hand_over(q);
  status = GOT
}

inline claim_anew(q, stepping) {
  reap(q.id);
  for (n : 0 .. ITEMS - 1) {
    popped[n] = NOBODY;
    if
    :: waiting > 0 && n < q.limit -> lpop(); popped[n] = item
    :: else
    fi
  }
  if
  :: stepping -> ack_held(q)
  :: else
  fi;
  if
  :: popped[0] != NOBODY -> take(q)
  :: else ->
    status = EMPTY;
    if
    :: stepping -> held_places(q.id); mark(q.id, ACKED)
    :: else
    fi
  fi
}

inline claim(q) {
  status = GO_ON;
  if
  :: STEPPING(q) -> claim_anew(q, true)
  :: else ->
    settle_with_the_past(q);
    if
    :: status == GO_ON -> claim_anew(q, false)
    :: else
    fi
  fi;
  told = claims[q.id].generation
}
