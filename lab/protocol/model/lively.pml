/* Does every item end? Some workers die whenever they like, the last one stays alive. Each process
 * is scheduled again and again (weak fairness), and so is time. Without bounds for what the network
 * loses and for how often a task forgets, nothing could be promised to anybody.
 */
#ifndef FAULTS
#define FAULTS 3
#endif
byte faults;

#define IDLES (ME.doing == IDLE)
#define HOLDS (ME.doing == HOLDING)

inline send_heard() {
  d_step { say1("| worker %d hears\n", _pid); serve(asked); hear(); look() }
}

inline send_unheard() {
  d_step {
    faults < FAULTS ->
    say1("| worker %d does not hear\n", _pid);
    faults++;
    serve(asked);
    look()
  }
}

active [WORKERS - 1] proctype Mortal() {
  do
  :: atomic {
      if
      :: d_step { IDLES -> ask_claim(1) }
      :: d_step { IDLES -> ask_claim(ITEMS) }
      :: d_step { HOLDS && STEPS(_pid) -> ask_claim(1) }
      :: d_step { HOLDS -> ask_settling(ACKED, 0) }
      :: d_step { HOLDS -> ask_settling(RELEASED, 0) }
      fi;
      if
      :: send_heard()
      :: send_unheard()
      fi
    }
  :: d_step { HOLDS && !STEPS(_pid) && faults < FAULTS -> faults++; start_anew() }
  :: break
  od
}

active proctype Survivor() {
  do
  :: atomic {
      if
      :: d_step { IDLES -> ask_claim(ITEMS) }
      :: d_step { HOLDS && !STEPS(_pid) -> ask_settling(ACKED, 0) }
      :: d_step { HOLDS && STEPS(_pid) -> ask_claim(ITEMS) }
      fi;
      send_heard()
    }
  od
}

active proctype Start() {
  all_pushed()
}

#define MY_CLAIM (_pid - WORKERS - 1)
active [IDS] proctype Clock() {
  do
  :: d_step { LAPSES(MY_CLAIM) -> lapse(MY_CLAIM) }
  od
}

#define ENDS(i) (items[i].where == GONE || items[i].where == DEAD)
ltl every_item_ends { <> (ENDS(0) && ENDS(1)) }
