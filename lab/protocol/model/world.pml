/* What happens beside the workers: pushes, time, the network's copies, redrives. */
#define MAY_CLAIM (ME.doing == IDLE || ME.doing == HOLDING && STEPS(_pid))
#define HOLDS (ME.doing == HOLDING)
#define HOLDS_BOTH (ME.doing == HOLDING && ME.hand == EVERY)

inline choose() {
  if
  :: MAY_CLAIM ->
    if
    :: d_step { ask_claim(1) }
    :: d_step { ask_claim(ITEMS) }
    fi
  :: HOLDS ->
    if
    :: d_step { ask_settling(ACKED, 0) }
    :: d_step { ask_settling(RELEASED, 0) }
    :: d_step { ask_settling(REJECTED, 0) }
    :: d_step { ask(EXTEND) }
    fi
  :: HOLDS_BOTH ->
    if
    :: d_step { ask_settling(ACKED, 1) }
    :: d_step { ask_settling(ACKED, 2) }
    :: d_step { ask_settling(RELEASED, 1) }
    :: d_step { ask_settling(REJECTED, 2) }
    fi
  fi
}

active [WORKERS] proctype Worker() {
  do
  :: atomic { choose(); send() }
  :: d_step { HOLDS && !STEPS(_pid) -> start_anew() }
  od
}

inline ask_push(one) {
  asked.what = PUSH;
  asked.generation = one
}

inline send_push(one) {
  ask_push(one);
  serve(asked)
}

/* A walk at random would soon be at an end: what has ended begins again there. */
inline begin_again(which) {
  items[which].where = READY;
  items[which].tenure = 0;
  rpush(which);
  say1("| push %d\n", which);
  look()
}

inline wake(who) {
  workers[who].doing = IDLE;
  tidy()
}

active proctype World() {
  byte next = 1; /* the producer's running number */
#if !PUSHES
  all_pushed();
#endif
  do
#if PUSHES
  :: d_step { next <= ITEMS -> say1("| producer hears %d\n", next); send_push(next); next++; look() }
  :: d_step { next <= ITEMS -> say1("| producer does not hear %d\n", next); send_push(next); look() }
#if COPIES
  :: d_step {
      next <= ITEMS && late.what == 0 ->
      say1("| producer is not heard yet %d\n", next);
      ask_push(next);
      say_request(asked);
      keep_copy();
      tidy()
    }
#endif
#endif
  :: d_step { LAPSES(0) -> lapse(0) }
#if IDS > 1
  :: d_step { LAPSES(1) -> lapse(1) }
#endif
#if IDS > 2
  :: d_step { LAPSES(2) -> lapse(2) }
#endif
#if IDS > 3
  :: d_step { LAPSES(3) -> lapse(3) }
#endif
#if COPIES
  :: d_step { late.what > 0 -> say1("| copy of %d arrives\n", late.id); serve(late); look() }
  :: d_step { late.what > 0 -> no_request(late); tidy() } /* it will not arrive any more */
#endif
#if REDRIVES
  :: d_step { items[0].where == DEAD -> say1("| redrive %d\n", 0); redrive(0); look() }
  :: d_step { items[1].where == DEAD -> say1("| redrive %d\n", 1); redrive(1); look() }
#endif
#ifdef WALK
  :: d_step { items[0].where == GONE -> begin_again(0) }
  :: d_step { items[1].where == GONE -> begin_again(1) }
  :: d_step { workers[0].doing == ENDED -> wake(0) }
  :: d_step { workers[WORKERS - 1].doing == ENDED -> wake(WORKERS - 1) }
#endif
  od
}
