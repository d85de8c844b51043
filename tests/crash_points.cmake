# crash_points.cmake - each crash point of delivery, and the test that shows it, by its number.
#
# What must hold is said beside it. A point may have several rows; the test is called sim.C1, or C28 with what runs it
# before the dot. Whoever builds what a missing point needs adds its row: C20 to C22 (witnesses), C24 (rotation), C25 (another
# parent).

# crash_point(NUMBER WHAT HOLDS TEST COMMAND…)
function(crash_point number what holds prefix)
  add_test(NAME ${prefix}.${number} COMMAND ${ARGN})
  set_tests_properties(${prefix}.${number} PROPERTIES LABELS "${prefix};crash-point" TIMEOUT 300)
endfunction()

# Stories of dg_sim whose names begin with the number, at every hop where it can happen.
function(crash_story number what holds)
  crash_point(${number} "${what}" "${holds}" sim dg_sim --story ${number})
endfunction()

crash_story(C1 "clerk clicks, before the commit" "nothing stored; the clerk tries again: one report")
crash_story(C2 "report, leaf and queue committed, before the answer" "the report exists once")
crash_story(C3 "leaf written, before its checkpoint is signed" "both or none: they are one transaction")
crash_story(C6 "bytes handed to the socket" "still in the queue; sent again")
crash_story(C7 "sender dead with bytes on the wire" "a duplicate gets the same receipt")
crash_story(C8 "receiver has the frame, before it verifies" "nothing; the sender tries again")
crash_story(C9 "receiver inside its transaction" "rolled back")
crash_story(C10 "receiver has committed, no receipt sent" "a duplicate gets the stored leaf's receipt")
crash_story(C11 "receiver's commit fails" "no receipt; the process ends, also when the disk kept it all")
crash_story(C12 "receipt on the wire, sender dead" "the sender sends again and gets the same receipt")
crash_story(C13 "receipt verified, before the release" "the release is repeated")
crash_story(C14 "released, before the window is moved" "the window is made anew from the queue")
crash_story(C15 "forwarded up, before its own release" "the parent has it once")
crash_story(C16 "mailbox written, forward row not" "one transaction: both or none")
crash_point(C4 "committed, before the tip follows" "an older tip is ordinary; a newer one is RESTORED" unit test_restored)
crash_point(C17 "chunk written, not synced" "its bit is not set; fetched again" unit test_bulk)
crash_point(C18 "last chunk, before the rename" "what nobody asks for is removed at the start" unit test_bulk)
crash_point(C19 "renamed, before the store says so" "the file is checked and adopted" unit test_bulk)
crash_point(C23 "while a report is handled, twice" "kept unread, and the next one goes on" unit test_guard)
crash_point(C26 "while a backup is copied" "without COMPLETE it is ignored" unit test_backup_files)
crash_point(C27 "the map grows" "nothing open; the old size is still good" unit test_store)
crash_point(C28 "the store is being created" "a half-made one is ignored" crash crash images=400 seconds=20 seed=3)
crash_point(C29 "started from an older copy" "RESTORED: silent until it knows the rest" sim dg_sim --story restore)
crash_point(C30 "a second start while the first lives" "exits 7 before the store is opened" unit test_setup)
