/* settle.lua, extend.lua, push.lua, redrive.lua. */

#define ASKED_FOR(q, k) (q.places == 0 || HAS(q.places, k))

inline sort_out(q, record) {
  already = 0;
  other = 0;
  found = 0;
  lost = 0;
  for (k : 0 .. ITEMS - 1) {
    chosen[k] = 0;
    if
    :: record.outcome[k] > 0 && ASKED_FOR(q, k) ->
      chosen[k] = (record.outcome[k] == HELD);
      already = already + (record.outcome[k] == q.letter);
      other = other + (record.outcome[k] != HELD && record.outcome[k] != q.letter);
      lost = lost + PART_SEES((record.outcome[k] == EXPIRED));
      found = found + chosen[k]
    :: else
    fi
  }
  if
  :: q.places > 0 || found + already == 0 -> lost = other
  :: else
  fi
}

inline ack(q) {
  for (k : 0 .. ITEMS - 1) {
    if
    :: chosen[k] -> item = claims[q.id].item[k]; ack_item(q.tenure)
    :: else
    fi
  }
  if
  :: MARKS_PARTS || q.places == 0 -> mark(q.id, ACKED)
  :: else
  fi
}

#ifdef NO_FENCE
/* The naive ack: the item's name is enough, whoever holds it. */
inline ack_anywhere(q) {
  lost = 0;
  for (c : 0 .. IDS - 1) {
    found = 0;
    for (k : 0 .. ITEMS - 1) {
      chosen[k] = (claims[c].outcome[k] == HELD && HAS(q.wanted, claims[c].item[k]));
      found = found + chosen[k];
      item = claims[c].item[k];
      if
      :: chosen[k] -> ack_item(q.tenure)
      :: else
      fi
    }
    if
    :: found > 0 -> mark(c, ACKED)
    :: else
    fi
  }
}
#endif

/* Only who was handed an item last may give it away. */
inline put_back(q) {
  for (k : 0 .. ITEMS - 1) {
    check(NO_THEFT, !chosen[k] || items[claims[q.id].item[k]].tenure == q.tenure)
  }
  give_back(q.id, q.letter, q.failed)
}

inline put_back_again(q) {
#ifdef NO_OUTCOMES
  for (n : 0 .. ITEMS - 1) {
    if
    :: PUTS_BACK_AGAIN(q) && HAS(q.wanted, n) && waiting <= ITEMS -> rpush(n)
    :: else
    fi
  }
#else
  skip
#endif
}

inline settle(q) {
  if
#ifdef NO_FENCE
  :: ACKS_ANYWHERE(q) -> ack_anywhere(q)
#endif
  :: !ACKS_ANYWHERE(q) && MAY_SETTLE(q) ->
    sort_out(q, claims[q.id]);
    if
    :: lost > 0 || found == 0 /* refused whole, or done already */
    :: lost == 0 && found > 0 && q.letter == ACKED -> ack(q)
    :: lost == 0 && found > 0 && q.letter != ACKED -> put_back(q)
    fi
  :: (!ACKS_ANYWHERE(q) && !MAY_SETTLE(q) && recent[q.id].known
      && SAME_GENERATION(recent[q.id].generation, q.generation)) ->
    sort_out(q, recent[q.id]);
    put_back_again(q)
  :: else ->
    /* A step that acked this generation whole put the next one in its place. */
    already = (claims[q.id].live && claims[q.id].after == q.generation && q.letter == ACKED);
    lost = 1 - already
  fi;
  status = (lost > 0 -> LOST : GOT)
}

inline extend(q) {
  if
  :: MINE(q.id, q.generation) -> renew(q.id); status = GOT
  :: else -> status = LOST
  fi
}

inline push(q) {
  status = GOT;
  if
  :: !TAKEN(q.generation) ->
    pushed = q.generation;
    item = q.generation - 1;
    check(PUSHED_ONCE, items[item].where == UNPUSHED);
    items[item].where = READY;
    rpush(item)
  :: else
  fi
}

/* A dead letter goes back, its deliveries at zero again. */
inline redrive(which) {
  items[which].where = READY;
  rpush(which)
}
