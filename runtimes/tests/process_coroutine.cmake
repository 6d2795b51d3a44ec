# Tests of the runtime process-coroutine beneath the verbs; the contract test covers the verbs.

add_executable(process_coroutine_test process_coroutine_test.c)
target_link_libraries(process_coroutine_test PRIVATE runtime_process-coroutine)
add_test(NAME process-coroutine COMMAND process_coroutine_test)
set_tests_properties(process-coroutine PROPERTIES TIMEOUT 120)

simul_headers_alone(process_coroutine/census.h process_coroutine/descriptors.h process_coroutine/place.h process_coroutine/supervisor.h
                    process_coroutine/words.h)
