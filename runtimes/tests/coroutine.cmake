# Tests of the event loop and of the coroutine runtime beneath the verbs; the contract test covers the verbs.

# coroutine_test(NAME SOURCE LIBRARY...): one program, one ctest.
function(coroutine_test name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${ARGN})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
endfunction()

coroutine_test(switch_test switch_test.c stack_switch PkgConfig::CMOCKA)
coroutine_test(stack_test stack_test.c stack_switch PkgConfig::CMOCKA)
coroutine_test(timers_test timers_test.c event_loop PkgConfig::CMOCKA)
coroutine_test(loop_test loop_test.c event_loop runtime_common PkgConfig::CMOCKA)
coroutine_test(poller_epoll_test poller_epoll_test.c event_loop PkgConfig::CMOCKA)
coroutine_test(coroutine_test coroutine_test.c runtime_coroutine)
if(STACK_CLASH_PROTECTION)
  target_compile_definitions(coroutine_test PRIVATE LEAPS_ARE_TOLD)
endif()
if(TARGET event_loop_uring)
  coroutine_test(loop_uring_test loop_test.c event_loop_uring PkgConfig::CMOCKA)
  coroutine_test(poller_uring_test poller_uring_test.c event_loop_uring PkgConfig::URING PkgConfig::CMOCKA)
  target_link_options(poller_uring_test PRIVATE LINKER:--wrap=io_uring_submit)
endif()

set(loop_headers event_loop/loop.h event_loop/poller.h event_loop/poller_epoll.h event_loop/poller_uring.h event_loop/queue.h event_loop/timers.h
  event_loop/wait_table.h)
set(coroutine_headers coroutine/fiber.h coroutine/overflow.h coroutine/scheduler.h coroutine/stack.h coroutine/switch.h)
simul_headers_alone(${loop_headers} ${coroutine_headers})

# The same program for the other processor, run by an emulator: without cmocka, which is there for this processor only.
find_program(AARCH64_COMPILER aarch64-linux-gnu-gcc)
find_program(AARCH64_EMULATOR NAMES qemu-aarch64 qemu-aarch64-static)
if(NOT AARCH64_COMPILER)
  message(STATUS "Test coroutine-aarch64 left out: no aarch64-linux-gnu-gcc (Debian package gcc-aarch64-linux-gnu)")
elseif(NOT AARCH64_EMULATOR)
  message(STATUS "Test coroutine-aarch64 left out: no qemu-aarch64 (Debian package qemu-user)")
else()
  set(aarch64_sources tests/coroutine_test.c runtime.c sync.c
    coroutine/coroutine.c coroutine/scheduler.c coroutine/stack.c coroutine/overflow.c coroutine/switch_aarch64.S
    event_loop/loop.c event_loop/queue.c event_loop/timers.c event_loop/wait_table.c event_loop/poller_epoll.c)
  set(aarch64_depends check.h clock.h runtime.h sync.h task.h ${loop_headers} ${coroutine_headers} ${aarch64_sources})
  list(TRANSFORM aarch64_depends PREPEND "${PROJECT_SOURCE_DIR}/runtimes/")
  add_custom_command(OUTPUT coroutine_test_aarch64
    COMMAND ${AARCH64_COMPILER} -std=gnu11 -O2 -g -Wall -Wextra -D_GNU_SOURCE -static
            -DLEAPS_ARE_TOLD -fstack-clash-protection --param=stack-clash-protection-guard-size=12
            -o "${CMAKE_CURRENT_BINARY_DIR}/coroutine_test_aarch64" ${aarch64_sources}
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}/runtimes"
    DEPENDS ${aarch64_depends} VERBATIM)
  add_custom_target(coroutine_aarch64 ALL DEPENDS coroutine_test_aarch64)
  add_test(NAME coroutine-aarch64 COMMAND ${AARCH64_EMULATOR} "${CMAKE_CURRENT_BINARY_DIR}/coroutine_test_aarch64")
  set_tests_properties(coroutine-aarch64 PROPERTIES TIMEOUT 120)
endif()
