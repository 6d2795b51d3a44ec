# One invocation in isolation, and the reading of what it prints. Included by this folder's CMakeLists.txt.
add_library(isolation STATIC invocation.c warden.c program.c descendants.c record.c clean.c)
target_link_libraries(isolation PUBLIC workload_specs PkgConfig::JANSSON PkgConfig::HWLOC)

option(SIMUL_FUZZER "Build fuzz_record as a libFuzzer program (clang only)" OFF)

set(isolation_tests "${CMAKE_CURRENT_LIST_DIR}/../tests")

# The seeded mutations run in every build; libFuzzer goes on from there.
add_executable(fuzz_record "${isolation_tests}/fuzz_record.c")
target_link_libraries(fuzz_record PRIVATE isolation)
add_test(NAME fuzz_record COMMAND fuzz_record)
set_tests_properties(fuzz_record PROPERTIES TIMEOUT 300)
if(SIMUL_FUZZER)
  target_compile_options(isolation PRIVATE -fsanitize=fuzzer-no-link)
  target_link_options(isolation INTERFACE -fsanitize=fuzzer-no-link)
  add_executable(fuzz_record_libfuzzer "${isolation_tests}/fuzz_record.c")
  target_compile_definitions(fuzz_record_libfuzzer PRIVATE SIMUL_LIBFUZZER)
  target_compile_options(fuzz_record_libfuzzer PRIVATE -fsanitize=fuzzer)
  target_link_options(fuzz_record_libfuzzer PRIVATE -fsanitize=fuzzer)
  target_link_libraries(fuzz_record_libfuzzer PRIVATE isolation)
endif()

if(TARGET PkgConfig::CMOCKA)
  add_executable(record_test "${isolation_tests}/record_test.c")
  target_link_libraries(record_test PRIVATE isolation PkgConfig::CMOCKA)
  add_test(NAME record_test COMMAND record_test)
  set_tests_properties(record_test PROPERTIES TIMEOUT 60)

  add_executable(misbehave "${isolation_tests}/players/misbehave.c")
  add_executable(invocation_test "${isolation_tests}/invocation_test.c")
  target_link_libraries(invocation_test PRIVATE isolation PkgConfig::CMOCKA)
  target_compile_definitions(invocation_test PRIVATE
    MISBEHAVE="$<TARGET_FILE:misbehave>" PLAYERS="${isolation_tests}/players")
  add_dependencies(invocation_test misbehave)
  add_test(NAME invocation_test COMMAND invocation_test)
  set_tests_properties(invocation_test PROPERTIES TIMEOUT 180)
endif()
