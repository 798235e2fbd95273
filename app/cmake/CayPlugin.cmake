# cay_add_plugin(<id> <folder>): every .cpp of the folder becomes the plugin <id>, with <id>.json embedded.
# It sees the SDK's headers, store/ and resp/, its own folder and the <dep>_api.h of its neighbours; nothing else of app/.
function(cay_add_plugin id folder)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    add_library(cay_plugin_${id} MODULE ${sources})
    target_link_libraries(cay_plugin_${id} PRIVATE Cay::cay)
    target_include_directories(cay_plugin_${id} PRIVATE ${folder})
    # All plugins share one precompiled header.
    if(NOT TARGET cay_plugin_pch)
        add_library(cay_plugin_pch OBJECT ${CMAKE_SOURCE_DIR}/app/cmake/pch.cpp)
        target_link_libraries(cay_plugin_pch PRIVATE Cay::cay)
        target_precompile_headers(cay_plugin_pch PRIVATE ${CMAKE_SOURCE_DIR}/app/cmake/pch_qt.h)
    endif()
    target_precompile_headers(cay_plugin_${id} REUSE_FROM cay_plugin_pch)
    set_target_properties(cay_plugin_${id} PROPERTIES AUTOMOC ON PREFIX "" OUTPUT_NAME ${id}
        LIBRARY_OUTPUT_DIRECTORY ${CAY_PLUGIN_OUTPUT_DIRECTORY})
    # AUTOMOC does not see an edited JSON: the file that embeds it depends on it here.
    set_source_files_properties(${sources} PROPERTIES OBJECT_DEPENDS ${folder}/${id}.json)
    set_property(TARGET cay_plugin_${id} APPEND PROPERTY AUTOGEN_TARGET_DEPENDS ${folder}/${id}.json)
    install(TARGETS cay_plugin_${id} LIBRARY DESTINATION ${CAY_PLUGIN_INSTALL_DIR})
endfunction()
