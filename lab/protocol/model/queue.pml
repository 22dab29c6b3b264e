/* The queue's protocol: what the scripts in redis_xcom/lua do to claims and items, and what
 * workers may do to each other over a network that loses and keeps copies of what it carries.
 * docs/protocol.md tells which script is which transition, and what is rest out here and why.
 *
 * Switches: SCENE who works; DELIVERIES, REDRIVES, COPIES, SPARES how much of everything;
 * PROPERTIES which checks are made; TRACE to tell what happens; NO_... takes one rule out.
 */
#ifndef SCENE
#define SCENE RETRY
#endif
#define RETRY 1  /* two tries of one task, and a drain */
#define DRAINS 2 /* three drains */
#define TRIES 3  /* three tries of one task */
#define PAIR 4   /* two tries of one task, and another task */

#ifndef WORKERS
#define WORKERS 3
#endif
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef DELIVERIES
#define DELIVERIES 2 /* an item that comes back after so many is dead */
#endif
#ifndef REDRIVES
#define REDRIVES 0
#endif
#ifndef COPIES
#define COPIES 1 /* 1: one request at a time may be kept by the network, to arrive late or often */
#endif
#ifndef PUSHES
#define PUSHES 0 /* 0: all items are pushed at the start */
#endif
#if SCENE == TRIES || SCENE == PAIR
#define SPARES 0
#endif
#ifndef SPARES
#define SPARES 1 /* claim ids for drains that have lost theirs */
#endif

#if defined(NO_FENCE) || defined(NO_OUTCOMES)
#define NAMES_ITEMS /* as the naive protocols do, beside places */
#endif

#include "state.pml"
#include "properties.pml"
#include "trace.pml"
#include "rules.pml"
#include "records.pml"
#include "claim.pml"
#include "settle.pml"
#include "serving.pml"
#include "workers.pml"
#include "time.pml"
#ifdef LIVELY
#include "lively.pml"
#else
#include "world.pml"
#endif
