/* What the server keeps, what a worker knows, what the network carries. Small: every state counts. */

#if SCENE == DRAINS
#define CLAIM_ID(n) (n)
#define INCARNATION(n) 0
#define STEPS(n) true
#define FIRST_SPARE WORKERS
#elif SCENE == TRIES
#define CLAIM_ID(n) 0
#define INCARNATION(n) ((n) + 1)
#define STEPS(n) false
#define FIRST_SPARE 1
#elif SCENE == PAIR
#define CLAIM_ID(n) ((n) == WORKERS - 1)
#define INCARNATION(n) ((n) + 1)
#define STEPS(n) false
#define FIRST_SPARE 2
#else
#define CLAIM_ID(n) ((n) == WORKERS - 1)
#define INCARNATION(n) ((n) == WORKERS - 1 -> 0 : (n) + 1)
#define STEPS(n) ((n) == WORKERS - 1)
#define FIRST_SPARE 2
#endif
#define IDS (FIRST_SPARE + SPARES)
#define UNKNOWN 31 /* as a generation: the claimant cannot tell what it settled last */
#define NOBODY 31
#define GENERATIONS 16 /* more than can be known to anybody at one time */

/* A set of places. */
#define HAS(places, one) ((places >> (one)) & 1)
#define EVERY ((1 << ITEMS) - 1)

/* Outcome of a place, as in the records: h a r d x. */
#define HELD 1
#define ACKED 2
#define RELEASED 3
#define REJECTED 4
#define EXPIRED 5

/* A claim's record, its items, its lease. */
typedef Record {
  unsigned live : 1;
  unsigned overdue : 1; /* its lease has run out, and any doubt about it is decided */
  unsigned generation : 5;
  unsigned after : 5;
  unsigned incarnation : 3;
  byte outcome[ITEMS];
  byte item[ITEMS] /* of the places held */
};
Record claims[IDS];

/* How the last claim of an id has ended. */
typedef Ending {
  unsigned known : 1;
  unsigned generation : 5;
  unsigned after : 5;
  unsigned incarnation : 3;
  byte outcome[ITEMS]
};
Ending recent[IDS];

byte ready[ITEMS + 1]; /* 1 for the first item, 0 for none */
byte waiting;
byte pushed; /* the producer's running number that was taken last */

/* Where an item truly is, and under which hand-over: for the properties alone, but for the
 * deliveries, which stand in its envelope and in the record. */
#define UNPUSHED 0
#define READY 1
#define CLAIMED 2
#define DEAD 3
#define GONE 4
typedef Truth {
  unsigned where : 3;
  unsigned deliveries : 3;
  unsigned tenure : 5
};
Truth items[ITEMS];
byte newest[IDS]; /* incarnation that was handed anything last */

#define PUSH 1
#define CLAIM 2
#define SETTLE 3
#define EXTEND 4
typedef Request {
  unsigned what : 3;
  unsigned id : 3;
  unsigned incarnation : 3;
  unsigned generation : 5; /* that a claim follows, that a settling is made under; a push's number */
  unsigned ack_first : 1;
  unsigned limit : 2;
  unsigned letter : 3;
  unsigned places : 2; /* none: all */
  unsigned failed : 1;
#ifdef NAMES_ITEMS
  unsigned wanted : 2; /* the items themselves */
#endif
  unsigned tenure : 5; /* under which the asker believes to hold: for the properties alone */
  unsigned made : 5;   /* tenure that this claim's asker was told of: for the properties alone */
  unsigned over : 1    /* and which the asker has settled: for the properties alone */
};
Request asked; /* zero between the steps */
Request late;  /* a copy that the network has kept */

#define IDLE 0
#define HOLDING 1
#define ENDED 2
typedef Holder {
  unsigned doing : 2;
  unsigned moved : 3;      /* the claim id that it took when the one it began with was lost */
  unsigned generation : 5; /* of what it holds; of what a drain settled last */
  unsigned tenure : 5;
  unsigned hand : 2;
  unsigned unsure : 2; /* places whose release or rejection was asked for and never answered */
  byte item[ITEMS]
};
Holder workers[WORKERS];
byte spares; /* how many were taken */
#define ID(n) (workers[n].moved > 0 -> workers[n].moved : CLAIM_ID(n))

/* Scratch of a single step. */
#ifdef SHORTEST
#define scratch byte
#else
#define scratch hidden byte
#endif
scratch i, j, k, n, c, w, rest, able, found, item, fresh, whom;
scratch status, told, already, lost, other;
scratch chosen[ITEMS];
scratch popped[ITEMS];
scratch names[GENERATIONS];

inline no_request(q) {
  q.what = 0;
  q.id = 0;
  q.incarnation = 0;
  q.generation = 0;
  q.ack_first = 0;
  q.limit = 0;
  q.letter = 0;
  q.places = 0;
  q.failed = 0;
#ifdef NAMES_ITEMS
  q.wanted = 0;
#endif
  q.tenure = 0;
  q.made = 0;
  q.over = 0
}

/* Scripts compare generations for equality alone, so any numbers will do that keep equal ones equal:
 * these are counted in the order in which they are found, which keeps the states few. What is told
 * on the way keeps its numbers.
 */
inline renumber_one(number) {
  if
  :: number > 0 && number < GENERATIONS ->
    if
    :: names[number] == 0 -> fresh++; names[number] = fresh
    :: else
    fi;
    number = names[number]
  :: else
  fi
}

inline renumber() {
#ifndef TRACE
  fresh = 0;
  for (n : 1 .. GENERATIONS - 1) {
    names[n] = 0
  }
  for (n : 0 .. IDS - 1) {
    renumber_one(claims[n].generation);
    renumber_one(claims[n].after);
    renumber_one(recent[n].generation);
    renumber_one(recent[n].after)
  }
  for (n : 0 .. WORKERS - 1) {
    renumber_one(workers[n].generation);
    renumber_one(workers[n].tenure)
  }
  for (n : 0 .. ITEMS - 1) {
    renumber_one(items[n].tenure)
  }
  if
  :: late.what != PUSH -> renumber_one(late.generation)
  :: else
  fi;
  renumber_one(late.tenure);
  renumber_one(late.made)
#else
  skip
#endif
}

/* Every step ends with it: a search for the shortest counterexample keeps scratch with the state. */
inline tidy() {
  renumber();
  no_request(asked);
#ifdef SHORTEST
  for (i : 0 .. ITEMS - 1) {
    chosen[i] = 0;
    popped[i] = 0
  }
  i = 0; j = 0; k = 0; n = 0; c = 0; w = 0; rest = 0; able = 0; found = 0; item = 0; fresh = 0; whom = 0;
  status = 0; told = 0; already = 0; lost = 0; other = 0
#else
  skip
#endif
}
