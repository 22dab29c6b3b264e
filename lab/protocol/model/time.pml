/* Leases run out whenever they like; items may be there from the start. */
#ifdef NO_EXPIRY
#define LAPSES(c) false
#else
#define LAPSES(c) (claims[c].live && !claims[c].overdue)
#endif

inline lapse(whose) {
  say1("| lapse %d\n", whose);
  claims[whose].overdue = 1
}

inline all_pushed() {
  d_step {
    for (i : 0 .. ITEMS - 1) {
      items[i].where = READY;
      rpush(i)
    }
    say1("| all %d are pushed\n", ITEMS);
    say_state();
    tidy()
  }
}
