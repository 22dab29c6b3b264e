/* One request is one step of the server: it happens whole or not at all. */

#define COULD_ACK(w, k, i) (HAS(workers[w].hand, k) && workers[w].item[k] == i \
  && MINE(ID(w), workers[w].generation) \
  && claims[ID(w)].outcome[k] == HELD && claims[ID(w)].item[k] == i)

/* Every place that an item is in, and every worker that could end it. */
inline look() {
  for (i : 0 .. ITEMS - 1) {
    able = 0;
    rest = 0;
    found = 0;
    other = 0;
    for (k : 0 .. ITEMS - 1) {
      for (c : 0 .. IDS - 1) {
        rest = rest + (claims[c].outcome[k] == HELD && claims[c].item[k] == i)
      }
      for (w : 0 .. WORKERS - 1) {
        able = able + COULD_ACK(w, k, i);
        other = other + (workers[w].tenure == items[i].tenure)
      }
      found = found + (ready[k] == i + 1)
    }
    check(ONE_PLACE, rest == (items[i].where == CLAIMED)
      && found == (items[i].where == READY) && waiting <= ITEMS);
    check(ONE_CLAIMANT, able <= 1);
    if
    :: items[i].where == GONE && other == 0 -> items[i].tenure = 0 /* nobody can ask for it any more */
    :: else
    fi
  }
  say_state();
  tidy()
}

inline serve(q) {
  say_request(q);
  if
  :: q.what == CLAIM -> claim(q)
  :: q.what == SETTLE -> settle(q)
  :: q.what == EXTEND -> extend(q)
  :: q.what == PUSH -> push(q)
  fi;
  say_reply()
}
