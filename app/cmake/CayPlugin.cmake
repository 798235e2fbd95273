# Makes plugins: in this tree, and, installed beside CayConfig.cmake, in any other.

# cay_add_plugin(<id> <folder>): every .cpp of the folder becomes the plugin <id>, with <id>.json embedded; the target is
# cay_plugin_<id>. It sees the SDK's headers, store/ and resp/, its own folder and the <dep>_api.h of its neighbours;
# nothing else of app/.
function(cay_add_plugin id folder)
    get_filename_component(folder ${folder} ABSOLUTE)
    if(NOT EXISTS ${folder}/${id}.json)
        message(FATAL_ERROR "cay_add_plugin(${id}): there is no ${folder}/${id}.json")
    endif()
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    add_library(cay_plugin_${id} MODULE ${sources})
    target_link_libraries(cay_plugin_${id} PRIVATE Cay::cay)
    # "lists/lists_api.h" is the neighbour's.
    target_include_directories(cay_plugin_${id} PRIVATE ${folder} ${folder}/..)
    if(CAY_PLUGIN_PRECOMPILED_HEADER) # one for all plugins of this tree
        if(NOT TARGET cay_plugin_pch)
            add_library(cay_plugin_pch OBJECT ${CMAKE_SOURCE_DIR}/app/cmake/pch.cpp)
            target_link_libraries(cay_plugin_pch PRIVATE Cay::cay)
            target_precompile_headers(cay_plugin_pch PRIVATE ${CAY_PLUGIN_PRECOMPILED_HEADER})
        endif()
        target_precompile_headers(cay_plugin_${id} REUSE_FROM cay_plugin_pch)
    endif()
    if(NOT CAY_PLUGIN_OUTPUT_DIRECTORY)
        set(CAY_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
    endif()
    set_target_properties(cay_plugin_${id} PROPERTIES AUTOMOC ON PREFIX "" OUTPUT_NAME ${id}
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
        LIBRARY_OUTPUT_DIRECTORY ${CAY_PLUGIN_OUTPUT_DIRECTORY})
    # AUTOMOC does not see an edited JSON: the file that embeds it depends on it here.
    set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS ${folder}/${id}.json)
    set_property(TARGET cay_plugin_${id} APPEND PROPERTY AUTOGEN_TARGET_DEPENDS ${folder}/${id}.json)
    if(CAY_PLUGIN_INSTALL_DIR)
        install(TARGETS cay_plugin_${id} LIBRARY DESTINATION ${CAY_PLUGIN_INSTALL_DIR})
    endif()
endfunction()
