cmake_minimum_required(VERSION 3.25) # for who runs this alone
# Removes players of a runtime that the build no longer makes: `simul` would go on finding them.
# FOLDER: where players are. PLAYERS: the programs that belong there.
file(GLOB found LIST_DIRECTORIES false "${FOLDER}/simul-*")
foreach(path IN LISTS found)
  get_filename_component(name "${path}" NAME)
  if(NOT name IN_LIST PLAYERS)
    message(STATUS "${name} is no longer built: removed from ${FOLDER}")
    file(REMOVE "${path}")
  endif()
endforeach()
