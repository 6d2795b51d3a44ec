# Tests of the work-stealing runtime beneath the verbs; the contract test covers the verbs.

add_executable(stealing_test stealing_test.c)
target_link_libraries(stealing_test PRIVATE runtime_work-stealing)
add_test(NAME stealing COMMAND stealing_test)
set_tests_properties(stealing PROPERTIES TIMEOUT 120)

simul_headers_alone(work_stealing/barrier.h work_stealing/deque.h work_stealing/idle.h work_stealing/readiness.h work_stealing/sleepers.h
                    work_stealing/spinlock.h work_stealing/stacks.h work_stealing/transfer.h work_stealing/words.h
                    work_stealing/worker.h)

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
