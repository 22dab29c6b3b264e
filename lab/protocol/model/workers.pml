/* Workers. Whatever a worker asks for, it may be heard or not, and it may ask again: the request as
 * it was, or another one once it has given up. It may fall silent at any point for any time and go
 * on from there as if nothing had happened: a zombie is a worker that others did not wait for.
 */
#define ME workers[_pid]

inline empty_hand() {
  ME.tenure = 0;
  ME.hand = 0;
  ME.unsure = 0;
  for (k : 0 .. ITEMS - 1) {
    ME.item[k] = 0
  }
}

inline ask(kind) {
  asked.what = kind;
  asked.id = ID(_pid);
  asked.incarnation = INCARNATION(_pid);
  asked.generation = ME.generation;
  asked.tenure = ME.tenure
}

/* With something in hand a drain's claim is a step. */
inline ask_claim(most) {
  ask(CLAIM);
  asked.limit = most;
  asked.ack_first = (ME.tenure > 0);
  asked.generation = (STEPS(_pid) -> ME.generation : UNKNOWN)
}

/* Some naive protocols name items, not places. */
inline name_items() {
#ifdef NAMES_ITEMS
  for (n : 0 .. ITEMS - 1) {
    asked.wanted = asked.wanted | ((HAS(ME.hand, n) && ASKED_FOR(asked, n)) << ME.item[n])
  }
#else
  skip
#endif
}

/* Some places, or all that are left with 0. Unless it is heard, the worker cannot know. */
inline ask_settling(how, some) {
  asked.letter = how;
  asked.places = some;
  asked.failed = (how == RELEASED && some > 0);
  name_items();
  for (n : 0 .. ITEMS - 1) {
    ME.unsure = ME.unsure | ((how != ACKED && HAS(ME.hand, n) && ASKED_FOR(asked, n)) << n)
  }
  ask(SETTLE)
}

/* What it held is lost: a drain goes on under another claim id, if any is left. */
inline lose() {
  empty_hand();
  ME.generation = 0;
  ME.doing = IDLE;
  if
  :: STEPS(_pid) && spares < SPARES -> ME.moved = FIRST_SPARE + spares; spares++
  :: STEPS(_pid) && spares >= SPARES -> ME.moved = 0; ME.doing = ENDED
  :: else
  fi
}

/* A claim that has ended by its holder's own doing: a copy of its request is an echo. */
inline settled() {
  late.over = (late.over || late.made > 0 && late.made == ME.tenure);
  late.made = (late.over -> 0 : late.made)
}

inline check_acked(place) {
  check(TOLD_TRUE, HAS(ME.unsure, place)
    || items[ME.item[place]].where == GONE && items[ME.item[place]].tenure == ME.tenure)
}

/* Who picks up the very claim that it had in hand before has nothing in flight to give away of it:
 * this is assumed, and docs/protocol.md says what comes of it otherwise.
 */
inline drop_own_releases() {
  if
  :: (late.what == SETTLE && late.letter != ACKED && late.generation == told) -> no_request(late)
  :: else
  fi
}

inline pick_up() {
  drop_own_releases();
  whom = ID(_pid);
  held_places(whom);
  ME.generation = told;
  ME.doing = HOLDING;
  for (k : 0 .. ITEMS - 1) {
    if
    :: chosen[k] ->
      ME.hand = ME.hand | (1 << k);
      ME.item[k] = claims[whom].item[k];
      ME.tenure = items[ME.item[k]].tenure
    :: else
    fi
  }
  if
  :: (late.what == CLAIM && late.id == asked.id && late.generation == asked.generation
      && late.ack_first == asked.ack_first && asked.generation != UNKNOWN) -> late.made = ME.tenure
  :: else
  fi
}

/* The reply to a claim arrives; to a step it says too that all of the hand is acked. */
inline hear_claim() {
  for (n : 0 .. ITEMS - 1) {
    if
    :: (status == GOT || status == EMPTY) && asked.ack_first && HAS(ME.hand, n) -> check_acked(n)
    :: else
    fi
  }
  if
  :: status == GOT -> settled(); empty_hand(); pick_up()
  :: status == EMPTY -> settled(); empty_hand(); ME.doing = IDLE
  :: status == LOST -> lose()
  :: status == OUTDATED -> empty_hand(); ME.generation = 0; ME.doing = ENDED
  fi
}

inline hear_done() {
  for (n : 0 .. ITEMS - 1) {
    if
    :: HAS(ME.hand, n) && ASKED_FOR(asked, n) ->
      if
      :: asked.letter == ACKED -> check_acked(n)
      :: else
      fi;
      ME.hand = ME.hand & ~(1 << n);
      ME.unsure = ME.unsure & ~(1 << n);
      ME.item[n] = 0
    :: else
    fi
  }
  if
  :: ME.hand > 0 -> ME.doing = HOLDING
  :: else ->
    settled();
    empty_hand();
    ME.doing = IDLE;
    ME.generation = (STEPS(_pid) -> ME.generation : 0)
  fi
}

inline hear_settling() {
  if
  :: status == LOST -> lose()
  :: else -> hear_done()
  fi
}

inline hear_extended() {
  if
  :: status == LOST -> lose()
  :: else
  fi
}

inline keep_copy() {
  late.what = asked.what;
  late.id = asked.id;
  late.incarnation = asked.incarnation;
  late.generation = asked.generation;
  late.ack_first = asked.ack_first;
  late.limit = asked.limit;
  late.letter = asked.letter;
  late.places = asked.places;
  late.failed = asked.failed;
#ifdef NAMES_ITEMS
  late.wanted = asked.wanted;
#endif
  late.tenure = asked.tenure;
  late.made = 0;
  late.over = 0
}

inline hear() {
  if
  :: asked.what == CLAIM -> hear_claim()
  :: asked.what == SETTLE -> hear_settling()
  :: asked.what == EXTEND -> hear_extended()
  fi
}

/* What may become of a request. A renewal that is not heard is as good as one that is. */
inline send() {
  if
  :: d_step { say1("| worker %d hears\n", _pid); serve(asked); hear(); look() }
  :: d_step { asked.what != EXTEND -> say1("| worker %d does not hear\n", _pid); serve(asked); look() }
#if COPIES
  :: d_step {
      asked.what != EXTEND && late.what == 0 ->
      say1("| worker %d is not heard yet\n", _pid);
      say_request(asked);
      keep_copy();
      tidy()
    }
#endif
  fi
}

/* A task may begin anew within one try, and does not know then what it held. */
inline start_anew() {
  say1("| worker %d starts anew\n", _pid);
  empty_hand();
  ME.generation = 0;
  ME.doing = IDLE;
  tidy()
}
