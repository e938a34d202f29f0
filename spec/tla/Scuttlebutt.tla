----------------------------- MODULE Scuttlebutt -----------------------------
(***************************************************************************)
(* Scuttlebutt over shared keys: nodes that all may write pull from each   *)
(* other what they lack.  Written from the clauses of ../protocol, which   *)
(* are cited in brackets, and not from the Python of this repository, so   *)
(* that equal counts of distinct states mean something.                    *)
(*                                                                         *)
(* One step is one local write, the start of one exchange (the whole       *)
(* digest is sent), the arrival of one message (its whole answer is sent), *)
(* or, where links lose messages, one loss.                                *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    N,            \* the nodes are 1..N; ids compare as these numbers do
    Links,        \* the pairs <<i, j>> such that i may send to j
    Script,       \* Script[n] is the sequence of keys that the owner of n sets
    Gossips,      \* how many exchanges each link may start
    Sessions,     \* TRUE: as many as it likes, but one at a time on each edge
    MaxHistory,   \* how many updates a node remembers
    Lossy,        \* TRUE: any message may be lost
    \* The three points in which the textbook and the documented profile differ:
    LamportStep,  \* TRUE: a foreign update raises the own clock above it [VERS-4]
    Admission,    \* what is news: "above clock" [TEXT-2], "not remembered" [HIST-6]
    LowestNamed   \* the lowest clock entry that a digest names: 1 [TEXT-4], 0 [EXCH-1]

VARIABLES
    node,         \* what each node knows
    queue,        \* what is in flight on each link, the oldest first [NET-2]
    started,      \* how many exchanges each link has started
    written       \* how far each owner is in its script

vars == <<node, queue, started, written>>

Nodes == 1..N
Keys == UNION {{Script[n][at] : at \in DOMAIN Script[n]} : n \in Nodes}
Bottom == -1      \* the mark of a source of which nothing is known [VERS-5]

Larger(a, b) == IF a < b THEN b ELSE a
Opposite(link) == <<link[2], link[1]>>

-----------------------------------------------------------------------------
(* Updates, entries, messages.                                             *)

Update(source, key, value, version) ==
    [kind |-> "update", source |-> source, key |-> key, value |-> value, version |-> version]
Line(source, version) == [kind |-> "line", source |-> source, version |-> version]
Done == [kind |-> "done"]

Entry(u) == [source |-> u.source, value |-> u.value, version |-> u.version]
Absent == [source |-> 0, value |-> <<>>, version |-> Bottom]   \* [MOD-5]

\* The replay order, and the order in which the larger wins [HIST-2, TEXT-3, RES-4].
Before(one, other) ==
    \/ one.version < other.version
    \/ one.version = other.version /\ one.source < other.source

-----------------------------------------------------------------------------
(* What a node does, as operators on one node: no links, no time.          *)

Fresh(self) ==                                                  \* [MOD-1]
    [clock   |-> [s \in Nodes |-> IF s = self THEN 0 ELSE Bottom],
     history |-> <<>>,
     store   |-> [k \in Keys |-> Absent],
     named   |-> [p \in Nodes |-> {}]]

\* The clock after an update [VERS-3, VERS-4, TEXT-1].
Raised(clock, self, u) ==
    LET seen == [clock EXCEPT ![u.source] = Larger(@, u.version)]
    IN  IF LamportStep /\ u.source # self
        THEN [seen EXCEPT ![self] = Larger(@, u.version + 1)]
        ELSE seen

\* The history after an update: the smallest falls out [HIST-2, HIST-3].
Remembered(history, u) ==
    LET Below(h) == ~Before(u, h)
        Above(h) == Before(u, h)
        longer == SelectSeq(history, Below) \o <<u>> \o SelectSeq(history, Above)
        surplus == Len(longer) - MaxHistory
    IN  IF surplus > 0 THEN SubSeq(longer, surplus + 1, Len(longer)) ELSE longer

\* An update is taken: clock, history and store move together [MERGE-1, MERGE-3, HIST-1].
Take(nd, self, u) ==
    [nd EXCEPT !.clock = Raised(@, self, u),
               !.history = Remembered(@, u),
               !.store[u.key] = IF Before(@, u) THEN Entry(u) ELSE @]

IsNews(nd, u) ==
    CASE Admission = "above clock" -> u.version > nd.clock[u.source]
      [] Admission = "not remembered" ->
            \A at \in DOMAIN nd.history :
                \/ nd.history[at].source # u.source
                \/ nd.history[at].version # u.version

\* A digest: a line per source, in the order of ids, then done [EXCH-1, EXCH-2, TEXT-4].
Digest(nd) ==
    LET lines == [s \in Nodes |-> Line(s, nd.clock[s])]
        Names(line) == line.version >= LowestNamed
    IN  Append(SelectSeq(lines, Names), Done)

\* What an arriving message makes of a node, and what the node sends back to the sender.
Receive(nd, self, sender, m) ==
    CASE m.kind = "update" ->
            [node |-> IF IsNews(nd, m) THEN Take(nd, self, m) ELSE nd, answer |-> <<>>]
      [] m.kind = "line" ->                                     \* [EXCH-3, EXCH-4]
            LET News(u) == u.source = m.source /\ u.version > m.version
            IN  [node |-> [nd EXCEPT !.named[sender] = @ \cup {m.source}],
                 answer |-> SelectSeq(nd.history, News)]
      [] m.kind = "done" ->                                     \* [EXCH-5, EXCH-6]
            LET Unnamed(u) == u.source \notin nd.named[sender]
            IN  [node |-> [nd EXCEPT !.named[sender] = {}],
                 answer |-> SelectSeq(nd.history, Unnamed)]

-----------------------------------------------------------------------------
(* The system.                                                             *)

Init ==
    /\ node = [n \in Nodes |-> Fresh(n)]
    /\ queue = [l \in Links |-> <<>>]
    /\ started = [l \in Links |-> 0]
    /\ written = [n \in Nodes |-> 0]

\* The owner of n writes [VERS-2].
Write(n) ==
    /\ written[n] < Len(Script[n])
    /\ LET at == written[n] + 1
           u == Update(n, Script[n][at], <<n, at>>, node[n].clock[n] + 1)
       IN  node' = [node EXCEPT ![n] = Take(@, n, u)]
    /\ written' = [written EXCEPT ![n] = @ + 1]
    /\ UNCHANGED <<queue, started>>

\* The source of a link starts an exchange with its target.
Start(l) ==
    /\ IF Sessions
       THEN queue[l] = <<>> /\ queue[Opposite(l)] = <<>> /\ UNCHANGED started
       ELSE started[l] < Gossips /\ started' = [started EXCEPT ![l] = @ + 1]
    /\ queue' = [queue EXCEPT ![l] = @ \o Digest(node[l[1]])]
    /\ UNCHANGED <<node, written>>

\* The oldest message of a link arrives.
Deliver(l) ==
    /\ queue[l] # <<>>
    /\ LET after == Receive(node[l[2]], l[2], l[1], Head(queue[l]))
       IN  /\ node' = [node EXCEPT ![l[2]] = after.node]
           /\ queue' = [queue EXCEPT ![l] = Tail(@), ![Opposite(l)] = @ \o after.answer]
    /\ UNCHANGED <<started, written>>

\* The oldest message of a link is lost.
Lose(l) ==
    /\ Lossy
    /\ queue[l] # <<>>
    /\ queue' = [queue EXCEPT ![l] = Tail(@)]
    /\ UNCHANGED <<node, started, written>>

Next ==
    \/ \E n \in Nodes : Write(n)
    \/ \E l \in Links : Start(l) \/ Deliver(l) \/ Lose(l)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Settling: fair rounds as a function of what the nodes know [CONV-13].   *)

RECURSIVE ReceiveAll(_, _, _, _)
ReceiveAll(nd, self, sender, messages) ==
    IF messages = <<>> THEN [node |-> nd, answer |-> <<>>]
    ELSE LET first == Receive(nd, self, sender, Head(messages))
             rest == ReceiveAll(first.node, self, sender, Tail(messages))
         IN  [node |-> rest.node, answer |-> first.answer \o rest.answer]

RECURSIVE Round(_, _, _)
Round(nodes, links, moved) ==
    IF links = <<>> THEN [nodes |-> nodes, moved |-> moved]
    ELSE LET i == Head(links)[1]
             j == Head(links)[2]
             asked == ReceiveAll(nodes[j], j, i, Digest(nodes[i]))
             told == ReceiveAll(nodes[i], i, j, asked.answer)
         IN  Round([nodes EXCEPT ![i] = told.node, ![j] = asked.node],
                   Tail(links), moved + Len(asked.answer))

LinksInOrder ==
    LET pairs == [k \in 1..(N * N) |-> <<((k - 1) \div N) + 1, ((k - 1) % N) + 1>>]
        IsLink(pair) == pair \in Links
    IN  SelectSeq(pairs, IsLink)

RECURSIVE Settled(_, _)
Settled(nodes, isFirst) ==
    LET after == Round(nodes, LinksInOrder, 0)
    IN  IF after.moved = 0 /\ ~isFirst THEN after.nodes ELSE Settled(after.nodes, FALSE)

-----------------------------------------------------------------------------
(* Invariants.                                                             *)

Quiescent ==                                                    \* [CONV-12]
    /\ \A l \in Links : queue[l] = <<>>
    /\ \A n \in Nodes : written[n] = Len(Script[n])

Equal(nodes) == \A i, j \in Nodes : nodes[i].store = nodes[j].store

Agreement == Quiescent => Equal(Settled(node, TRUE))            \* [CONV-1]

ClockWithinIssued ==                                            \* [CONV-3]
    \A n, s \in Nodes : node[n].clock[s] <= node[s].clock[s]

EntriesBelowClock ==                                            \* [CONV-5]
    \A n \in Nodes : \A k \in Keys :
        LET held == node[n].store[k]
        IN  held # Absent => held.version <= node[n].clock[held.source]

HistorySound ==                                                 \* [CONV-6]
    \A n \in Nodes :
        LET history == node[n].history
        IN  /\ Len(history) <= MaxHistory
            /\ \A at \in 1..(Len(history) - 1) : Before(history[at], history[at + 1])

WinnerOrAhead ==                                                \* [CONV-10]
    \A k \in Keys : \A i, n \in Nodes :
        LET held == node[n].store[k]
            best == node[i].store[k]
        IN  (\A j \in Nodes : ~Before(best, node[j].store[k])) =>
                \/ held = best
                \/ best.version > node[n].clock[best.source]

IsUpdate(u) ==
    /\ u = Update(u.source, u.key, u.value, u.version)
    /\ u.source \in Nodes /\ u.key \in Keys /\ u.version \in Nat \ {0}
    /\ u.value[1] = u.source /\ Script[u.source][u.value[2]] = u.key

TypeOK ==
    /\ \A n \in Nodes :
        /\ DOMAIN node[n] = {"clock", "history", "store", "named"}
        /\ \A s \in Nodes : node[n].clock[s] \in Nat \cup {Bottom}
        /\ \A at \in DOMAIN node[n].history : IsUpdate(node[n].history[at])
        /\ \A k \in Keys :
            LET held == node[n].store[k]
            IN  held = Absent \/ (held.source \in Nodes /\ held.version \in Nat \ {0}
                                  /\ Script[held.source][held.value[2]] = k)
        /\ \A p \in Nodes : node[n].named[p] \subseteq Nodes
        /\ written[n] \in 0..Len(Script[n])
    /\ \A l \in Links :
        /\ started[l] \in 0..Gossips
        /\ \A at \in DOMAIN queue[l] :
            LET m == queue[l][at]
            IN  \/ m.kind = "update" /\ IsUpdate(m)
                \/ m.kind = "line" /\ m.source \in Nodes /\ m.version \in Nat
                \/ m = Done

-----------------------------------------------------------------------------
(* Liveness, for sessions: nodes that may always exchange agree for good.  *)

Deliveries == \A l \in Links : WF_vars(Deliver(l))
Writes == \A n \in Nodes : WF_vars(Write(n))

\* An exchange that could start again and again does start; or only one that could
\* start all the time, which none can while the other direction takes its turns.
StronglyFair == Spec /\ Deliveries /\ Writes /\ \A l \in Links : SF_vars(Start(l))
WeaklyFair == Spec /\ Deliveries /\ Writes /\ \A l \in Links : WF_vars(Start(l))

EndsEqual == <>[](Equal(node))

-----------------------------------------------------------------------------
(* Counting.  TLC counts distinct states and steps; this counts the states *)
(* in which nothing can happen any more, in register 1, with one worker.   *)

ASSUME TLCSet(1, 0)

Terminal == Quiescent /\ ~Sessions /\ \A l \in Links : started[l] = Gossips
Counted == Terminal => TLCSet(1, TLCGet(1) + 1)   \* an invariant: once per distinct state
Told == PrintT(<<"terminal states", TLCGet(1)>>)  \* a postcondition
=============================================================================
