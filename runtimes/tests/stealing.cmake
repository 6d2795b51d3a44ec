# Tests of the work-stealing runtime beneath the verbs; the contract test covers the verbs.

add_executable(stealing_test stealing_test.c)
target_link_libraries(stealing_test PRIVATE runtime_work-stealing)
add_test(NAME stealing COMMAND stealing_test)
set_tests_properties(stealing PROPERTIES TIMEOUT 120)

set(stealing_headers barrier deque idle readiness sleepers spinlock stacks transfer words worker)
list(TRANSFORM stealing_headers PREPEND work_stealing/)
list(TRANSFORM stealing_headers APPEND .h)
simul_headers_alone(${stealing_headers})

# The same program from another compiler, optimised, since what is kept in registers across a switch is the compiler's
# choice: clang for this processor, gcc for the other one, run by an emulator.
get_target_property(stealing_sources runtime_work-stealing SOURCES)
list(TRANSFORM stealing_sources PREPEND "${PROJECT_SOURCE_DIR}/runtimes/")
foreach(source tests/stealing_test.c runtime.c coroutine/stack.c coroutine/overflow.c event_loop/queue.c
        event_loop/timers.c event_loop/wait_table.c kernel/shared_memory.c)
  list(APPEND stealing_sources "${PROJECT_SOURCE_DIR}/runtimes/${source}")
endforeach()
file(GLOB stealing_depends CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/runtimes/*.h"
     "${PROJECT_SOURCE_DIR}/runtimes/work_stealing/*.h")

# stealing_built_by(NAME COMPILER OPTION... [EMULATOR PROGRAM])
function(stealing_built_by name compiler)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "EMULATOR" "")
  add_custom_command(OUTPUT stealing_test_${name}
    COMMAND ${compiler} -std=gnu11 -O2 -g -Wall -Wextra -D_GNU_SOURCE ${arg_UNPARSED_ARGUMENTS} -pthread
            -o "${CMAKE_CURRENT_BINARY_DIR}/stealing_test_${name}" ${stealing_sources}
    DEPENDS ${stealing_sources} ${stealing_depends} VERBATIM)
  add_custom_target(stealing_${name} ALL DEPENDS stealing_test_${name})
  add_test(NAME stealing-${name} COMMAND ${arg_EMULATOR} "${CMAKE_CURRENT_BINARY_DIR}/stealing_test_${name}")
  set_tests_properties(stealing-${name} PROPERTIES TIMEOUT 120)
endfunction()

find_program(CLANG clang)
if(CLANG)
  stealing_built_by(clang ${CLANG})
else()
  message(STATUS "Test stealing-clang left out: no clang (Debian package clang)")
endif()
if(AARCH64_COMPILER AND AARCH64_EMULATOR)
  stealing_built_by(aarch64 ${AARCH64_COMPILER} -static EMULATOR ${AARCH64_EMULATOR})
else()
  message(STATUS "Test stealing-aarch64 left out, as coroutine-aarch64 is")
endif()

# The models, in their whole state space; and once each without the fence that they are about, which must be noticed.
find_program(SPIN spin)
find_program(MODEL_COMPILER gcc)
if(SPIN AND MODEL_COMPILER)
  set(check "${PROJECT_SOURCE_DIR}/runtimes/work_stealing/model/check.sh")
  foreach(model deque sleep)
    set(source "${PROJECT_SOURCE_DIR}/runtimes/work_stealing/model/${model}.pml")
    add_test(NAME model-${model} COMMAND "${check}" "${source}" "${CMAKE_CURRENT_BINARY_DIR}/model-${model}")
    add_test(NAME model-${model}-broken
             COMMAND "${check}" "${source}" "${CMAKE_CURRENT_BINARY_DIR}/model-${model}-broken" -DNO_FENCE)
    set_tests_properties(model-${model} model-${model}-broken PROPERTIES TIMEOUT 300)
  endforeach()
else()
  message(STATUS "Tests model-deque and model-sleep left out: they need spin and gcc (Debian packages spin, gcc)")
endif()
