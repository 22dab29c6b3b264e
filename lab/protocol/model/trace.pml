/* What happens, told line by line: a counterexample's story, and what a real server replays. */
#ifdef TRACE
#define say1(text, a) printf(text, a)
#define say2(text, a, b) printf(text, a, b)

inline say_request(q) {
  printf("| request %d %d %d %d %d %d %d %d %d\n", q.what, q.id, q.incarnation, q.generation,
    q.ack_first, q.limit, q.letter, q.places, q.failed)
}

inline say_reply() {
  printf("| reply %d %d %d %d\n", status, told, already, lost)
}

inline say_state() {
  for (i : 0 .. ITEMS - 1) {
    printf("| item %d %d %d\n", i, items[i].where, items[i].deliveries)
  }
  printf("| ready %d %d\n", ready[0], ready[1]);
  for (c : 0 .. IDS - 1) {
    for (k : 0 .. ITEMS - 1) {
      if
      :: claims[c].live ->
        printf("| place %d %d %d %d %d\n", c, claims[c].generation, k, claims[c].outcome[k],
          claims[c].item[k])
      :: else
      fi
    }
  }
}
#else
#define say1(text, a) skip
#define say2(text, a, b) skip
#define say_request(q) skip
#define say_reply() skip
#define say_state() skip
#endif
