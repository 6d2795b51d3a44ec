# The README of the runtimes shows the example that the tests build, word for word.
file(READ "${CMAKE_CURRENT_LIST_DIR}/../README.md" readme)
file(READ "${CMAKE_CURRENT_LIST_DIR}/example/inline.c" example)
string(FIND "${readme}" "${example}" place)
if(place EQUAL -1)
  message(FATAL_ERROR "runtimes/README.md does not show runtimes/tests/example/inline.c as it is: copy it there")
endif()
